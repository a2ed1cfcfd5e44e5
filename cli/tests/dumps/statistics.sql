-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)
--
-- Host: localhost    Database: mysql
-- ------------------------------------------------------
-- Server version	9.7.4-2

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!50606 SET @OLD_INNODB_STATS_AUTO_RECALC=@@INNODB_STATS_AUTO_RECALC */;
/*!50606 SET GLOBAL INNODB_STATS_AUTO_RECALC=OFF */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;

--
-- Dumping data for table `innodb_table_stats`
--
-- WHERE:  database_name='shop'

/*!40000 ALTER TABLE `innodb_table_stats` DISABLE KEYS */;
INSERT IGNORE INTO `innodb_table_stats` VALUES ('shop','customers','2026-11-21 19:58:49',1000,5,5),('shop','lines_','2026-11-21 19:58:59',16346,97,31),('shop','orders#p#p24','2026-11-21 19:59:09',1992,7,5),('shop','orders#p#p25','2026-11-21 19:58:20',2137,7,5),('shop','orders#p#pmax','2026-11-21 19:58:39',871,4,1);
/*!40000 ALTER TABLE `innodb_table_stats` ENABLE KEYS */;

--
-- Dumping data for table `innodb_index_stats`
--
-- WHERE:  database_name='shop'

/*!40000 ALTER TABLE `innodb_index_stats` DISABLE KEYS */;
INSERT IGNORE INTO `innodb_index_stats` VALUES ('shop','customers','PRIMARY','2026-11-21 19:58:49','n_diff_pfx01',1000,4,'id'),('shop','customers','PRIMARY','2026-11-21 19:58:49','n_leaf_pages',4,NULL,'Number of leaf pages in the index'),('shop','customers','PRIMARY','2026-11-21 19:58:49','size',5,NULL,'Number of pages in the index'),('shop','customers','country','2026-11-21 19:58:49','n_diff_pfx01',5,1,'country'),('shop','customers','country','2026-11-21 19:58:49','n_diff_pfx02',1000,1,'country,id'),('shop','customers','country','2026-11-21 19:58:49','n_leaf_pages',1,NULL,'Number of leaf pages in the index'),('shop','customers','country','2026-11-21 19:58:49','size',1,NULL,'Number of pages in the index'),('shop','customers','email','2026-11-21 19:58:49','n_diff_pfx01',1000,3,'email'),('shop','customers','email','2026-11-21 19:58:49','n_leaf_pages',3,NULL,'Number of leaf pages in the index'),('shop','customers','email','2026-11-21 19:58:49','size',4,NULL,'Number of pages in the index'),('shop','lines_','PRIMARY','2026-11-21 19:58:59','n_diff_pfx01',5071,20,'order_id'),('shop','lines_','PRIMARY','2026-11-21 19:58:59','n_diff_pfx02',16346,20,'order_id,line'),('shop','lines_','PRIMARY','2026-11-21 19:58:59','n_leaf_pages',82,NULL,'Number of leaf pages in the index'),('shop','lines_','PRIMARY','2026-11-21 19:58:59','size',97,NULL,'Number of pages in the index'),('shop','lines_','sku','2026-11-21 19:58:59','n_diff_pfx01',50,30,'sku'),('shop','lines_','sku','2026-11-21 19:58:59','n_diff_pfx02',14700,30,'sku,order_id'),('shop','lines_','sku','2026-11-21 19:58:59','n_diff_pfx03',15000,30,'sku,order_id,line'),('shop','lines_','sku','2026-11-21 19:58:59','n_leaf_pages',30,NULL,'Number of leaf pages in the index'),('shop','lines_','sku','2026-11-21 19:58:59','size',31,NULL,'Number of pages in the index'),('shop','orders#p#p24','PRIMARY','2026-11-21 19:59:09','n_diff_pfx01',1992,6,'id'),('shop','orders#p#p24','PRIMARY','2026-11-21 19:59:09','n_diff_pfx02',1992,6,'id,placed'),('shop','orders#p#p24','PRIMARY','2026-11-21 19:59:09','n_leaf_pages',6,NULL,'Number of leaf pages in the index'),('shop','orders#p#p24','PRIMARY','2026-11-21 19:59:09','size',7,NULL,'Number of pages in the index'),('shop','orders#p#p24','customer','2026-11-21 19:59:09','n_diff_pfx01',1000,4,'customer_id'),('shop','orders#p#p24','customer','2026-11-21 19:59:09','n_diff_pfx02',1992,4,'customer_id,placed'),('shop','orders#p#p24','customer','2026-11-21 19:59:09','n_diff_pfx03',1992,4,'customer_id,placed,id'),('shop','orders#p#p24','customer','2026-11-21 19:59:09','n_leaf_pages',4,NULL,'Number of leaf pages in the index'),('shop','orders#p#p24','customer','2026-11-21 19:59:09','size',5,NULL,'Number of pages in the index'),('shop','orders#p#p25','PRIMARY','2026-11-21 19:58:20','n_diff_pfx01',2137,6,'id'),('shop','orders#p#p25','PRIMARY','2026-11-21 19:58:20','n_diff_pfx02',2137,6,'id,placed'),('shop','orders#p#p25','PRIMARY','2026-11-21 19:58:20','n_leaf_pages',6,NULL,'Number of leaf pages in the index'),('shop','orders#p#p25','PRIMARY','2026-11-21 19:58:20','size',7,NULL,'Number of pages in the index'),('shop','orders#p#p25','customer','2026-11-21 19:58:20','n_diff_pfx01',1000,4,'customer_id'),('shop','orders#p#p25','customer','2026-11-21 19:58:20','n_diff_pfx02',2137,4,'customer_id,placed'),('shop','orders#p#p25','customer','2026-11-21 19:58:20','n_diff_pfx03',2137,4,'customer_id,placed,id'),('shop','orders#p#p25','customer','2026-11-21 19:58:20','n_leaf_pages',4,NULL,'Number of leaf pages in the index'),('shop','orders#p#p25','customer','2026-11-21 19:58:20','size',5,NULL,'Number of pages in the index'),('shop','orders#p#pmax','PRIMARY','2026-11-21 19:58:39','n_diff_pfx01',871,3,'id'),('shop','orders#p#pmax','PRIMARY','2026-11-21 19:58:39','n_diff_pfx02',871,3,'id,placed'),('shop','orders#p#pmax','PRIMARY','2026-11-21 19:58:39','n_leaf_pages',3,NULL,'Number of leaf pages in the index'),('shop','orders#p#pmax','PRIMARY','2026-11-21 19:58:39','size',4,NULL,'Number of pages in the index'),('shop','orders#p#pmax','customer','2026-11-21 19:58:39','n_diff_pfx01',713,1,'customer_id'),('shop','orders#p#pmax','customer','2026-11-21 19:58:39','n_diff_pfx02',871,1,'customer_id,placed'),('shop','orders#p#pmax','customer','2026-11-21 19:58:39','n_diff_pfx03',871,1,'customer_id,placed,id'),('shop','orders#p#pmax','customer','2026-11-21 19:58:39','n_leaf_pages',1,NULL,'Number of leaf pages in the index'),('shop','orders#p#pmax','customer','2026-11-21 19:58:39','size',1,NULL,'Number of pages in the index');
/*!40000 ALTER TABLE `innodb_index_stats` ENABLE KEYS */;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!50606 SET GLOBAL INNODB_STATS_AUTO_RECALC=@OLD_INNODB_STATS_AUTO_RECALC */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed on 2026-11-21 20:08:48
